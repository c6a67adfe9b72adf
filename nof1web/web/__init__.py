"""Shows: blueprints, forms, live push."""
