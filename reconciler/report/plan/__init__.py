"""The parts of a plan that all forms of reports show: headline, sections, refusals, differences."""
