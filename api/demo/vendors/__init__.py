"""Strict fakes of the services that the sample bank measures its customers with."""
