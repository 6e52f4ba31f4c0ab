"""The event engine: a model is data, one compiled kernel runs every model.

``model`` describes, ``check`` finds every fault, ``tables`` turns a model into arrays, ``run`` simulates.
"""
