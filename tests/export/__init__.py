"""Tables and the files made of them."""
