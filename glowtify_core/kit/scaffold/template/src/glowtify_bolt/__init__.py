"""Glowtify's connector for Bolt Mail."""
