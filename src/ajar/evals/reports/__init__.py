"""What a run found, for people and for CI: one HTML file, JUnit XML, and rows for a terminal."""
