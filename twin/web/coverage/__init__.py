"""Browser files of the 5G coverage page (5G 覆盖): the mode of the map component and its panels."""
