"""The faces of a report: one result, many forms, and none knows more than the others.

    Report --saying--> what is said of a claim --markdown, latex, junit, sarif, gradescope--> text
    Report --view, mathml, html--> a page       Report.to_dict --> JSON, as report.schema.json says

Each face is a module with a function `write(reports) -> text`, and a row in `derive/faces/face.py`.
"""
