"""What recordings are made with: scrubbing, stable ids, and the scan before anything is written."""
