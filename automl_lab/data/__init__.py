"""The user's data: read, understood, checked, made canonical and split. Refuses to fit anything.

Its modules are imported by their own names: families need ``data.profile`` alone and should not pay for pandas.
"""
