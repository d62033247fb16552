"""Strict fakes of vendors' services: ASGI apps that serve and refuse what the vendor does.

meters (what a vendor counts), google (who asks at Google), tables and visits (what warehouses and
semantic layers run on), serving (a fake on the loopback), one file a vendor, demos (fakes
with something in them; `python -m tests.vendors surveymonkey` starts one).
"""
