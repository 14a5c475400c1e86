"""What must be said about the demonstration city wherever it shows."""

SOURCE_ZH = "合成演示数据"
SOURCE_EN = "Synthetic demonstration data"
LICENCE = "CC0-1.0"
APPROXIMATE_ZH = "演示用近似范围，非官方边界。"
APPROXIMATE_EN = "Approximate outline for demonstration, not an official boundary."
