namespace GpuGrants.Api.Access.Tokens;

/// <summary>A logger that never logs at the level Trace, whatever is configured: there the token server would write whole tokens.</summary>
internal sealed class WithoutTraces<TCategory>(ILoggerFactory factory) : ILogger<TCategory>
{
    private readonly ILogger _logger = factory.CreateLogger(typeof(TCategory).FullName!);

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => _logger.BeginScope(state);

    public bool IsEnabled(LogLevel logLevel) => logLevel > LogLevel.Trace && _logger.IsEnabled(logLevel);

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter
    )
    {
        if (logLevel > LogLevel.Trace)
            _logger.Log(logLevel, eventId, state, exception, formatter);
    }
}
