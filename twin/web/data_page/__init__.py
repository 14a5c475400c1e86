"""The Data page in the browser: catalogue, imports, exports, backup."""
