/*
 * xform_json_members.h - the members of form.json that are plain texts, by the struct that holds
 * them: what is written and what is read can't differ. Inside of xform_json*.c.
 *
 * X(member) stands for a member of that name in the struct and in the JSON; a NULL isn't written.
 * In the lists called FILLED "" isn't either: it means none there, and is what an absent one
 * becomes.
 */
#ifndef XFORM_JSON_MEMBERS_H
#define XFORM_JSON_MEMBERS_H

#define XFORM_JSON_MARK "douar_form" /* the first member, with the format's number */

#define FORM_MEMBERS(X) X(id) X(title) X(space)
#define FORM_FILLED(X)  X(version) X(style)
#define NODE_MEMBERS(X)                                                                            \
    X(space)                                                                                       \
    X(data_name)                                                                                   \
    X(relevant)                                                                                    \
    X(required)                                                                                    \
    X(constraint)                                                                                  \
    X(calculate)                                                                                   \
    X(readonly)                                                                                    \
    X(preload)                                                                                     \
    X(preload_params)                                                                              \
    X(save_to)
#define NODE_FILLED(X)     X(initial)
#define NODE_TEXTS(X)      X(constraint_message) X(required_message)
#define CONTROL_TEXTS(X)   X(label) X(hint) X(guidance)
#define CONTROL_FILLED(X)  X(appearance)
#define CONTROL_MEMBERS(X) X(count) X(mediatype) X(start) X(end) X(step)
#define ITEMSET_MEMBERS(X) X(nodes) X(value) X(label) X(seed)
#define ACTION_MEMBERS(X)  X(value) X(literal)

/* In the order of enum xform_text_form. */
#define TEXT_FORMS                                                                                 \
    {                                                                                              \
        "long", "short", "guidance", "image", "big-image", "audio", "video"                        \
    }
/* In the order of enum xform_action_kind. */
#define ACTION_KINDS                                                                               \
    {                                                                                              \
        "set_value", "set_geopoint", "record_audio"                                                \
    }
#define ACTION_KIND_LAST XFORM_RECORD_AUDIO
#define EVENTS_ALL                                                                                 \
    (XFORM_FIRST_LOAD | XFORM_LOAD | XFORM_NEW_REPEAT | XFORM_VALUE_CHANGED | XFORM_REVALIDATE)

#endif
