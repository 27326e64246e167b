"""Ways to reach somebody, one module each, behind one port (``port.py``) and one test suite."""
