"""What vendors count requests with: see `api.demo.vendors.meters`."""

from api.demo.vendors.meters import ClockMeter, SlidingMeter

__all__ = ["ClockMeter", "SlidingMeter"]
