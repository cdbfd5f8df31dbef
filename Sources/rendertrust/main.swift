print("rendertrust")
