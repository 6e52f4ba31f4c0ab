"""How good placing is: a public set of instances, several engines on each, the best plan known and what is proven."""
