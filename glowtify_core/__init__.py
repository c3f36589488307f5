"""The inside of Glowtify's connector framework: domain, ports, use cases, plugin host and toolbox."""
