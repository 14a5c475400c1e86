"""Browser files of the page that draws a report's pictures, viewpoint after viewpoint."""
