"""The parts of a plan that all forms show: headline, sections, refusals, differences."""
