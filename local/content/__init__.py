"""A content file as its authors see it: whether it works, what is to be agreed, and how easy its texts are to read."""
