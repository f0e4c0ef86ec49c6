"""What makes the package at home in a notebook: the event loop beside the kernel's."""
