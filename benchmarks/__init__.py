"""Speed and accuracy, run by hand or by `make bench`."""
