"""XLSForm, the workbook that ODK, KoboToolbox and their kin take for a form: written and read.

Reading takes plain rows of the three sheets; whoever has a stranger's file takes them out of it elsewhere.
"""
