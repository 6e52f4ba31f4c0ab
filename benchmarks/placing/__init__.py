"""How good placing is: costs beside the best known and proven bounds, repairs beside their budgets."""
