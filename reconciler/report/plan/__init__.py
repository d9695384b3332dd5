"""The parts of a plan that reports show in all output formats: headline, sections, refusals, differences."""
