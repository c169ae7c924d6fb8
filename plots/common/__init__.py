"""What the scripts in plots/ share: reading what sharesim wrote, drawing in one style, and their command lines."""
