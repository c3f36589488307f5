"""Glowtify's connector for Klaviyo, API revision 2026-07-15."""
