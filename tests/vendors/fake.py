"""What every vendor's fake is made of: see `api.demo.vendors.fake`."""

from api.demo.vendors.fake import Fake, Refused

__all__ = ["Fake", "Refused"]
