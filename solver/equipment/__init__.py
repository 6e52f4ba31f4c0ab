"""Equipment: which unit serves which need; the rules here hold for every decision about units."""
