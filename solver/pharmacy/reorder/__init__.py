"""What to order: demand seen through stock-outs, a policy tuned for each item, an order that a pharmacist accepts."""
