"""Browser files of the Life circle page (生活圈): the mode of the map component and its panels."""
