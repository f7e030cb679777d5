using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Lists;

namespace GpuGrants.Api.Http;

/// <summary>What endpoints state of themselves, in one line each. The API page lists it, and filters act by part of it.</summary>
public static class Docs
{
    /// <summary>Any call may have a query parameter that is unknown, or meet a defect.</summary>
    private static ReadOnlySpan<int> Always => [400, 401, 403, 429, 500, 503];

    /// <summary>A summary for the list and a description for the page.</summary>
    public static RouteHandlerBuilder Says(this RouteHandlerBuilder endpoint, string name, string summary, string description) =>
        endpoint.WithName(name).WithSummary(summary).WithDescription(description);

    /// <summary>What it takes, as JSON and in other media types.</summary>
    public static RouteHandlerBuilder Takes<TBody>(this RouteHandlerBuilder endpoint, params string[] others)
        where TBody : notnull => endpoint.Accepts<TBody>("application/json", others).Refuses(400, 408, 413, 415);

    /// <summary>It takes a JSON Merge Patch of a version of a resource.</summary>
    public static RouteHandlerBuilder TakesPatch<TBody>(this RouteHandlerBuilder endpoint)
        where TBody : class =>
        endpoint
            .Accepts<TBody>("application/json", MergePatch<TBody>.MediaType)
            .WithMetadata(new TakesPreference())
            .Conditional()
            .Refuses(400, 408, 413, 415);

    /// <summary>What it answers when all is well, with the problems that every endpoint may answer.</summary>
    public static RouteHandlerBuilder Answers<TBody>(this RouteHandlerBuilder endpoint, int status = 200) =>
        endpoint.Produces<TBody>(status).Refuses(Always);

    public static RouteHandlerBuilder AnswersEmpty(this RouteHandlerBuilder endpoint) => endpoint.Produces(204).Refuses(Always);

    /// <summary>Problems that it may answer besides.</summary>
    public static RouteHandlerBuilder Refuses(this RouteHandlerBuilder endpoint, params ReadOnlySpan<int> statuses)
    {
        foreach (var status in statuses)
            endpoint.Produces<ProblemDocument>(status, "application/problem+json");
        return endpoint;
    }

    /// <summary>A list whose filters, each of several values, come besides <c>limit</c> and <c>cursor</c>.</summary>
    public static RouteHandlerBuilder Lists<TItem>(this RouteHandlerBuilder endpoint, params ReadOnlySpan<string> filters) =>
        endpoint.Lists<TItem>(filters, []);

    /// <summary>A list of what is made and never changes: by the time of creation, and counted.</summary>
    public static RouteHandlerBuilder ListsByTime<TItem>(this RouteHandlerBuilder endpoint, params ReadOnlySpan<string> filters) =>
        endpoint.Lists<TItem>(filters, ["createdFrom", "createdTo", "sort", "count"]);

    /// <summary>The same, for whoever keeps a copy: what never changes was changed when it was made.</summary>
    public static RouteHandlerBuilder ListsForCopies<TItem>(this RouteHandlerBuilder endpoint, params ReadOnlySpan<string> filters) =>
        endpoint.ListsByChange<TItem>(filters);

    /// <summary>A list of what changes: by the time of creation or of the last change, and counted.</summary>
    public static RouteHandlerBuilder ListsByChange<TItem>(this RouteHandlerBuilder endpoint, params ReadOnlySpan<string> filters) =>
        endpoint.Lists<TItem>(filters, ["createdFrom", "createdTo", "updatedSince", "sort", "count"]);

    private static RouteHandlerBuilder Lists<TItem>(
        this RouteHandlerBuilder endpoint,
        ReadOnlySpan<string> filters,
        ReadOnlySpan<string> others
    )
    {
        endpoint.WithMetadata(new QueryParameters([.. filters, .. others, "limit", "cursor"], [.. filters]));
        return endpoint.Answers<Page<TItem>>().Refuses(400);
    }

    /// <summary>Query parameters besides those of a list.</summary>
    public static RouteHandlerBuilder Asks(this RouteHandlerBuilder endpoint, params ReadOnlySpan<string> parameters) =>
        endpoint.WithMetadata(new QueryParameters([.. parameters])).Refuses(400);

    /// <summary>A list with orders of its own.</summary>
    public static RouteHandlerBuilder SortsBy(this RouteHandlerBuilder endpoint, params IReadOnlyList<string> words) =>
        endpoint.WithMetadata(new QueryParameters(["sort"]), new Orders(words)).Refuses(400);

    /// <summary>It shows these resources whole, beside their ids, where the call asks for it and may read them.</summary>
    public static RouteHandlerBuilder Expands(this RouteHandlerBuilder endpoint, params ReadOnlySpan<string> words) =>
        endpoint.WithMetadata(new QueryParameters([Expansions.Parameter], [Expansions.Parameter]), new Expandable([.. words])).Refuses(400);

    /// <summary>It also answers with a stream of server-sent events that stays open.</summary>
    public static RouteHandlerBuilder Streams(this RouteHandlerBuilder endpoint) => endpoint.WithMetadata(new StreamsEvents());

    /// <summary>It answers with sentences in the caller's language, and says in which.</summary>
    public static RouteHandlerBuilder Speaks(this RouteHandlerBuilder endpoint) => endpoint.WithMetadata(new SpeaksLanguages());

    /// <summary>It creates or moves something: takes an idempotency key.</summary>
    public static RouteHandlerBuilder Idempotent(this RouteHandlerBuilder endpoint) =>
        endpoint.WithMetadata(new TakesIdempotencyKey(), new TakesPreference()).Refuses(400, 422);

    /// <summary>It changes a version of a resource.</summary>
    public static RouteHandlerBuilder Conditional(this RouteHandlerBuilder endpoint) =>
        endpoint.WithMetadata(new TakesIfMatch()).Refuses(404, 409, 412, 428);
}

/// <summary>The endpoint changes something and reads <c>Prefer</c>.</summary>
public sealed record TakesPreference;

/// <summary>The endpoint reads <c>Idempotency-Key</c>.</summary>
public sealed record TakesIdempotencyKey;

/// <summary>The endpoint reads <c>If-Match</c>.</summary>
public sealed record TakesIfMatch;

/// <summary>The endpoint answers with <c>text/event-stream</c> to who accepts it.</summary>
public sealed record StreamsEvents;
