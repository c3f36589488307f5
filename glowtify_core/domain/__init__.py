"""What Glowtify means by a campaign, a publication, a connection. Standard library only."""
