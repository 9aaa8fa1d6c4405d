"""The web: pages for readers and for anybody, on the same jobs as the command line. Pages compute nothing."""
