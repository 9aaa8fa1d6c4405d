"""What every process of the command line needs, read before it is forked: the region and the sources."""

from tracker import sources
from tracker.regions import load_region, region_file

load_region(region_file("paijat_hame"))
sources.modules()
