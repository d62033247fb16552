"""The connectors that ask real servers: databases, Prometheus, web servers."""
