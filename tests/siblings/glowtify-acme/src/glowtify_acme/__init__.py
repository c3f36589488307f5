"""Glowtify's connector for Acme Mail."""
