"""The functions of the app by name: the SDK can be asked for them only once in a process."""

import function_app

FUNCTIONS = {str(function.get_function_name()): function for function in function_app.app.get_functions()}
