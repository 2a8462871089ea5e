"""Solution packs: what a city collects, as data, with the loader that brings it in through the services."""
