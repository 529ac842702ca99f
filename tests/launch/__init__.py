"""From a template and a draft to a dated, owned plan."""
