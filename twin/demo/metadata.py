"""What must be said about the demonstration city wherever it shows."""

SOURCE_ZH = "演示城市（合成数据）：真实区界与地名，其余均为算法生成"
SOURCE_EN = "Demonstration city (synthetic): real outline and place names, all else generated"
LICENCE = "CC0-1.0"
APPROXIMATE_ZH = "演示用近似范围，非官方边界。"
APPROXIMATE_EN = "Approximate outline for demonstration, not an official boundary."
