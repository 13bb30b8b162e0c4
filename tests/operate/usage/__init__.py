"""The daily look at usage."""
