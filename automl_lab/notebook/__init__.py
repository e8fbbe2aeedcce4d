"""The notebook face: magics and their completion, the live view and what a reopened notebook still shows. Refuses to hold state of its own."""
