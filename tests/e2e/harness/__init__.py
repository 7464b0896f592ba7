"""What the end-to-end tests share; see tests/e2e/README.md. Standard library only."""
