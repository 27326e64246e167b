"""How ``complaints send`` feeds a file through the front door."""
