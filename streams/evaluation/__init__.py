"""How good the detection is: labelled texts in, precision, recall, status, roles and calibration out."""
