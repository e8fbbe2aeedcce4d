"""An experiment as HTML and text for whoever has neither our renderer nor a kernel."""
