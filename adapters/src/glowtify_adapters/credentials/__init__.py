"""Where secrets are kept. Import the module you need: only ``encrypted_sql`` loads the database."""
