"""The commands: each joins the symbolic and the numeric half for one job."""
