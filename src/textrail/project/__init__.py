"""The composition root: configuration, wiring and commands. It holds no logic of the business."""
